#lang racket/base

;; What a cell shows besides text: values, and whatever its own calls of jupyter-display give.

(require "frames.rkt"
         "streams.rkt")

(provide bundle-of
         set-request!
         show
         ;; for cells
         jupyter-clear-output
         jupyter-display
         jupyter-show-with
         jupyter-update)

(define current-request "0") ; the id of the cell's request

(define (set-request! id)
  (set! current-request id))

(define (show kind bundle #:id [id ""] #:metadata [metadata ""])
  (mark)
  (apply send "D" current-request kind id metadata
         (for*/list ([part (in-list (with-plain-text bundle))]
                     [field (in-list (list (car part) (cdr part)))])
           field)))

;; Consoles show text/plain: there is always some.
(define (with-plain-text bundle)
  (cond
    [(assoc "text/plain" bundle) bundle]
    [else
     (define part (car bundle))
     (define text (if (string? (cdr part)) (cdr part) (format "<~a>" (car part))))
     (append bundle (list (cons "text/plain" text)))]))

;; 1. For cells

;; Show data, a string or bytes, of a MIME type. id is a name under which jupyter-update replaces
;; it; metadata is JSON.
(define (jupyter-display mime data #:id [id ""] #:metadata [metadata ""])
  (show "display" (list (cons mime data)) #:id id #:metadata metadata))

(define (jupyter-update id mime data #:metadata [metadata ""])
  (show "update" (list (cons mime data)) #:id id #:metadata metadata))

;; Clear what the cell has shown; with wait?, only once there is something new.
(define (jupyter-clear-output [wait? #f])
  (mark)
  (send "U" current-request (if wait? "1" "0")))

;; From now on, show results that satisfy predicate as mime too: render gives a string or bytes.
(define (jupyter-show-with predicate mime render)
  (set! renderers (cons (list predicate mime render) renderers)))

(define renderers '())

;; 2. Results

(define (bundle-of values)
  (define rich (if (= (length values) 1) (rich-forms (car values)) '()))
  (define plain (apply string-append (add-between-lines (map printed values))))
  (append rich (list (cons "text/plain" plain))))

(define (add-between-lines texts)
  (cdr (for*/list ([text (in-list texts)]
                   [part (in-list (list "\n" text))])
         part)))

(define width 79)

;; As racket's own console prints: on several lines where one is not enough.
(define (printed value)
  (define line (format "~v" value))
  (if (and (> (string-length line) width) (pair-like? value))
      ((dynamic-require 'racket/pretty 'pretty-format) value width #:mode 'print)
      line))

(define (pair-like? value)
  (or (pair? value) (vector? value) (hash? value) (struct? value)))

(define (rich-forms value)
  (append (for/list ([renderer (in-list renderers)]
                     #:when ((car renderer) value))
            (cons (cadr renderer) ((caddr renderer) value)))
          (converted value)))

;; What racket's libraries make of pictures: file/convertible. A cell may answer to a MIME type's
;; own name, too: (convert value 'text/html).
(define conversions
  '((text/html "text/html")
    (text/markdown "text/markdown")
    (text/latex "text/latex")
    (svg-bytes "image/svg+xml")
    (png-bytes "image/png")))

(define too-large (* 1024 1024)) ; bytes of SVG; there is a PNG as well

(define (converted value)
  (if (convertible? value)
      (for*/list ([conversion (in-list conversions)]
                  [data (in-value (convert value (car conversion)))]
                  #:when (or (string? data) (bytes? data))
                  #:unless (and (eq? (car conversion) 'svg-bytes)
                                (> (bytes-length data) too-large)))
        (cons (cadr conversion) data))
      '()))

;; Not loaded before something else has: it takes 90 ms, and without it nothing is convertible.
(define (convertible? value)
  (and (not (or (number? value) (string? value) (symbol? value)))
       (module-declared? 'file/convertible #f)
       ((dynamic-require 'file/convertible 'convertible?) value)))

(define (convert value request)
  (with-handlers ([exn:fail? (lambda (e) #f)])
    ((dynamic-require 'file/convertible 'convert) value request #f)))
