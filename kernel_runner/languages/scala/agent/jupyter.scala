// What cells call to show things.
object jupyter {
  import java.util.Map
  import kernelrunner.Display

  /** Shows a value as it says it looks; gives the id under which it can be updated. */
  def display(value: Any): String = Display.display(value.asInstanceOf[Object])

  /** Shows data of a MIME type. */
  def display(mime: String, data: Any): String = display(Map.of(mime, data))

  /** Puts a value in the place of what was shown under an id. */
  def updateDisplay(id: String, value: Any): Unit = Display.updateDisplay(id, value.asInstanceOf[Object])

  /** Puts data of a MIME type in the place of what was shown under an id. */
  def updateDisplay(id: String, mime: String, data: Any): Unit = updateDisplay(id, Map.of(mime, data))

  /** Clears the cell's output; with wait, only when something new comes. */
  def clearOutput(wait: Boolean = false): Unit = Display.clearOutput(wait)
}

import jupyter._
