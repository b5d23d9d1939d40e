// Package display shows HTML, pictures and other rich values in a notebook.
//
//	display.HTML("<b>bold</b>")
//	shown := display.Markdown("*working*")
//	shown.Update("text/markdown", "*done*")
package display

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"sync/atomic"

	"kernel_runner/frames"
	"kernel_runner/value"
)

// A Shown value can be replaced by another.
type Shown struct{ id string }

var count int64

// Data shows data of a MIME type.
func Data(mime, data string) Shown {
	id := fmt.Sprintf("go-%d-%d", os.Getpid(), atomic.AddInt64(&count, 1))
	send("display", id, mime, data)
	return Shown{id}
}

// DataAs shows data under an id of your own, or replaces what is shown under it.
func DataAs(id, mime, data string, update bool) {
	kind := "display"
	if update {
		kind = "update"
	}
	send(kind, id, mime, data)
}

// Update replaces what is shown.
func (shown Shown) Update(mime, data string) { send("update", shown.id, mime, data) }

// Value shows any value, in plain text and in the forms that it has methods for.
func Value(any any) Shown {
	id := fmt.Sprintf("go-%d-%d", os.Getpid(), atomic.AddInt64(&count, 1))
	send("display", id, append([]string{"text/plain", value.Text(any)}, value.Rich(any)...)...)
	return Shown{id}
}

// HTML shows HTML.
func HTML(text string) Shown { return Data("text/html", text) }

// Markdown shows Markdown.
func Markdown(text string) Shown { return Data("text/markdown", text) }

// LaTeX shows LaTeX.
func LaTeX(text string) Shown { return Data("text/latex", text) }

// SVG shows an SVG picture.
func SVG(text string) Shown { return Data("image/svg+xml", text) }

// JSON shows JSON text as a tree.
func JSON(text string) Shown { return Data("application/json", text) }

// JavaScript has the front end run JavaScript.
func JavaScript(text string) Shown { return Data("application/javascript", text) }

// PNG shows the bytes of a PNG picture.
func PNG(data []byte) Shown { return Data("image/png", string(data)) }

// JPEG shows the bytes of a JPEG picture.
func JPEG(data []byte) Shown { return Data("image/jpeg", string(data)) }

// Image shows an image.
func Image(picture image.Image) (Shown, error) {
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		return Shown{}, err
	}
	return PNG(buffer.Bytes()), nil
}

// Clear clears the cell's output; with wait, when the next output comes.
func Clear(wait bool) {
	flag := "0"
	if wait {
		flag = "1"
	}
	frames.Send("U", flag)
}

func send(kind, id string, data ...string) {
	if frames.Send("D", append([]string{kind, id, ""}, data...)...) {
		return
	}
	fmt.Println(data[1])
}
