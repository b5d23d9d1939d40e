// What cells call to show things.
import kernelrunner.Display

/** Shows a value as it says it looks; gives the id under which it can be updated. */
fun display(value: Any?): String = Display.display(value)

/** Shows data of a MIME type. */
fun display(mime: String, data: Any): String = Display.display(mapOf(mime to data))

/** Puts a value in the place of what was shown under an id. */
fun updateDisplay(id: String, value: Any?) = Display.updateDisplay(id, value)

/** Puts data of a MIME type in the place of what was shown under an id. */
fun updateDisplay(id: String, mime: String, data: Any) = Display.updateDisplay(id, mapOf(mime to data))

/** Clears the cell's output; with wait, only when something new comes. */
fun clearOutput(wait: Boolean = false) = Display.clearOutput(wait)
