// Package gonbui has the functions of gonb's package of this name that notebooks commonly use.
package gonbui

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"sync/atomic"

	"kernel_runner/display"
)

// IsNotebook tells whether the program runs in a notebook.
var IsNotebook = os.Getenv("KERNEL_RUNNER_DISPLAY") != ""

var count int64

// DisplayHTML shows HTML.
func DisplayHTML(html string) { display.HTML(html) }

// DisplayHtml is the same.
func DisplayHtml(html string) { display.HTML(html) }

// DisplayHtmlf shows HTML with fmt's verbs in it.
func DisplayHtmlf(format string, values ...any) { display.HTML(fmt.Sprintf(format, values...)) }

// DisplayHTMLF is the same.
func DisplayHTMLF(format string, values ...any) { DisplayHtmlf(format, values...) }

// DisplayMarkdown shows Markdown.
func DisplayMarkdown(markdown string) { display.Markdown(markdown) }

// DisplayMarkdownf shows Markdown with fmt's verbs in it.
func DisplayMarkdownf(format string, values ...any) {
	display.Markdown(fmt.Sprintf(format, values...))
}

// DisplayPNG shows the bytes of a PNG picture.
func DisplayPNG(data []byte) { display.PNG(data) }

// DisplayPng is the same.
func DisplayPng(data []byte) { display.PNG(data) }

// DisplayImage shows an image.
func DisplayImage(picture image.Image) error {
	_, err := display.Image(picture)
	return err
}

// DisplaySVG shows an SVG picture.
func DisplaySVG(svg string) { display.SVG(svg) }

// DisplaySvg is the same.
func DisplaySvg(svg string) { display.SVG(svg) }

// EmbedImageAsPNGSrc gives an image as the src of an HTML img.
func EmbedImageAsPNGSrc(picture image.Image) (string, error) {
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, picture); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(buffer.Bytes()), nil
}

// UniqueId gives an id that no other value on the page has.
func UniqueId() string {
	return fmt.Sprintf("gonb_id_%d_%d", os.Getpid(), atomic.AddInt64(&count, 1))
}

// UniqueID is the same.
func UniqueID() string { return UniqueId() }

var shown = map[string]bool{}

// UpdateHtml shows HTML under an id, or replaces what is shown under it.
func UpdateHtml(id, html string) { update(id, "text/html", html) }

// UpdateHTML is the same.
func UpdateHTML(id, html string) { UpdateHtml(id, html) }

// UpdateMarkdown shows Markdown under an id, or replaces what is shown under it.
func UpdateMarkdown(id, markdown string) { update(id, "text/markdown", markdown) }

// ScriptJavascript has the front end run JavaScript.
func ScriptJavascript(script string) { display.JavaScript(script) }

func update(id, mime, data string) {
	display.DataAs(id, mime, data, shown[id])
	shown[id] = true
}
