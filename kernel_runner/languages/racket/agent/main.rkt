#lang racket/base

;; The Racket agent: evaluates cells in this racket. See kernel_runner/session/frames.py.
;;
;; A thread of its own reads requests, so that completion and inspection are answered while a cell
;; runs; the main thread evaluates.

(require "assist.rkt"
         "evaluate.rkt"
         "frames.rkt"
         "library.rkt"
         "streams.rkt")

;; Not thread-send: a cell may use the main thread's mailbox.
(define work '())
(define work-came (make-semaphore 0))

(define (read-requests)
  (define request (receive))
  (unless request
    (exit 0))
  (case (car request)
    [("C" "I" "P") (apply assist request)]
    [("E" "O" "M" "L" "Q")
     (set! work (append work (list request)))
     (semaphore-post work-came)])
  (read-requests))

(define (next-work)
  ;; Everything is to be there once the first cell that did not need it is done.
  (when (eq? (sync work-came library-loading) library-loading)
    (finish-loading)
    (semaphore-wait work-came))
  (begin0 (car work)
          (set! work (cdr work))))

(define (serve)
  (define request (next-work))
  (case (car request)
    [("E") (apply evaluate (cdr request))]
    [("Q") (exit 0)]
    [else (apply answer-comm request)])
  (serve))

;; No comms here: what is opened is closed.
(define (answer-comm type id comm . _)
  (send "B" id)
  (when (string=? type "O")
    (send "L" id comm "{}" "{}"))
  (send "K" id))

(module+ main
  (parameterize-break #f
    (set-up-streams)
    (load-library)
    (thread read-requests)
    (thread watch)
    (send "R" "0" (version))
    (serve)))
