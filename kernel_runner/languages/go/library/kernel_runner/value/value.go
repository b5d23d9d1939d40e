// Package value shows what the last expression of a cell has given.
package value

import (
	"fmt"
	"os"
	"strings"

	"kernel_runner/frames"
)

// Rich values have one of these methods, or several.
type (
	html     interface{ ToHTML() string }
	svg      interface{ ToSVG() string }
	markdown interface{ ToMarkdown() string }
	latex    interface{ ToLaTeX() string }
	png      interface{ ToPNG() []byte }
	bundle   interface{ MIMEBundle() map[string]string }
)

// Show shows an expression's value, or all values of a call but a last error that is nil.
func Show(values ...any) {
	if last := len(values) - 1; last > 0 && values[last] == nil {
		values = values[:last]
	}
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = Text(value)
	}
	fields := []string{"result", "", "", "text/plain", strings.Join(texts, " ")}
	if len(values) == 1 {
		fields = append(fields, Rich(values[0])...)
	}
	if !frames.Send("D", fields...) {
		fmt.Fprintln(os.Stdout, fields[4])
	}
}

// Text gives a value as it is shown in plain text: with the names of fields, and with quotes
// where it is a string.
func Text(value any) string {
	switch value := value.(type) {
	case error, fmt.Stringer:
		return fmt.Sprintf("%v", value)
	case string:
		return fmt.Sprintf("%q", value)
	}
	return fmt.Sprintf("%+v", value)
}

// Rich gives the types and the data of a value's other forms, one after the other.
func Rich(value any) (fields []string) {
	if value, ok := value.(html); ok {
		fields = append(fields, "text/html", value.ToHTML())
	}
	if value, ok := value.(svg); ok {
		fields = append(fields, "image/svg+xml", value.ToSVG())
	}
	if value, ok := value.(markdown); ok {
		fields = append(fields, "text/markdown", value.ToMarkdown())
	}
	if value, ok := value.(latex); ok {
		fields = append(fields, "text/latex", value.ToLaTeX())
	}
	if value, ok := value.(png); ok {
		fields = append(fields, "image/png", string(value.ToPNG()))
	}
	if value, ok := value.(bundle); ok {
		for mime, data := range value.MIMEBundle() {
			fields = append(fields, mime, data)
		}
	}
	return fields
}
