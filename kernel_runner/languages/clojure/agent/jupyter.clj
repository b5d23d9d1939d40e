(ns jupyter
  "What cells call to show things."
  (:import kernelrunner.Display))

(defn display
  "Shows a value as it says it looks, or data of a MIME type; gives the id to update it by."
  ([value] (Display/display ^Object value))
  ([mime data] (Display/display ^String mime ^Object data)))

(defn update-display
  "Puts a value, or data of a MIME type, in the place of what was shown under an id."
  ([id value] (Display/updateDisplay ^String id ^Object value))
  ([id mime data] (Display/updateDisplay ^String id ^String mime ^Object data)))

(defn clear-output
  "Clears the cell's output; with wait, only when something new comes."
  ([] (clear-output false))
  ([wait] (Display/clearOutput (boolean wait))))

(defn html "Text that is shown as HTML." [text] {"text/html" text})
(defn markdown "Text that is shown as Markdown." [text] {"text/markdown" text})
(defn latex "Text that is shown as LaTeX." [text] {"text/latex" text})
(defn svg "Text that is shown as an SVG image." [text] {"image/svg+xml" text})

(in-ns 'user)
(clojure.core/refer 'clojure.core)
(refer 'jupyter)
(require '[clojure.repl :refer [apropos dir doc find-doc pst source]]
         '[clojure.pprint :refer [pprint print-table]])
