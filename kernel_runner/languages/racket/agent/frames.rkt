#lang racket/base

;; Frames: how the agent and the kernel talk. See kernel_runner/session/frames.py.

(require ffi/unsafe/port
         "descriptors.rkt")

(provide receive
         send)

;; Out of the way of cells that close low descriptors, and never seen by children.
(define (lift fd)
  (define high (duplicate-above fd 60))
  (close-descriptor fd)
  high)

(define requests (unsafe-file-descriptor->port (lift 3) 'requests '(read)))
(define answers (unsafe-file-descriptor->port (lift 4) 'answers '(write)))
(file-stream-buffer-mode answers 'block)

;; Frames come from the cell's threads and from the one that reads requests.
(define sending (make-semaphore 1))

(define (->bytes field)
  (cond
    [(bytes? field) field]
    [(string? field) (string->bytes/utf-8 field (char->integer #\?))]
    [else (string->bytes/utf-8 (format "~a" field))]))

;; A break must not cut a frame in two.
(define (send type id . fields)
  (define raw (map ->bytes fields))
  (parameterize-break #f
    (call-with-semaphore
     sending
     (lambda ()
       (write-string (format "~a ~a" type id) answers)
       (for ([field (in-list raw)])
         (write-string (format " ~a" (bytes-length field)) answers))
       (newline answers)
       (for ([field (in-list raw)])
         (write-bytes field answers))
       (flush-output answers)))))

(define (read-field size)
  (define bytes (if (zero? size) #"" (read-bytes size requests)))
  (bytes->string/utf-8 bytes #\uFFFD))

;; The next request: its type, its id, and its fields as strings; #f at the end.
(define (receive)
  (define header (read-bytes-line requests))
  (and (bytes? header)
       (let ([words (regexp-split #rx" " (bytes->string/latin-1 header))])
         (list* (car words)
                (cadr words)
                (for/list ([size (in-list (cddr words))])
                  (read-field (string->number size)))))))
