#lang racket/base

;; The user's stdout and stderr: where they go, and when they are flushed.

(require ffi/unsafe/port
         "descriptors.rkt")

(provide flush-streams
         mark
         redirect
         set-up-streams
         tick-streams)

(define (output-to fd name)
  (define port (unsafe-file-descriptor->port fd name '(write)))
  (when (eq? name 'stderr)
    (file-stream-buffer-mode port 'none))
  port)

;; The ports have descriptors of their own. Were they on 1 and 2, a cell that closes a port would
;; free its number for the next file that is opened, and the next cell would write over that.
(define own-1 (duplicate-above 1 200))
(define own-2 (duplicate-above 2 200))

(define stdin (current-input-port))
(define stdout (output-to own-1 'stdout))
(define stderr (output-to own-2 'stderr))

(define (set-up-streams)
  (current-output-port stdout)
  (current-error-port stderr)
  ;; Children write to the same descriptor. Each one that is started asks the guard first.
  (current-security-guard
   (make-security-guard (current-security-guard)
                        (lambda (who path access)
                          (when (memq 'execute access)
                            (flush-streams)))
                        void)))

;; What this cell writes, and its threads later, goes to these paths, or stays where it is.
(define (redirect out err)
  (revive)
  (forget-input)
  (flush-streams)
  (unless (string=? out "")
    (reopen out 1 own-1))
  (unless (string=? err "")
    (reopen err 2 own-2))
  (by-lines))

;; What is left of a line that an earlier cell has not read to its end. Racket goes on waiting for
;; a read that was interrupted, and for what byte-ready? has not found: the kernel would see that,
;; and ask the person for a line.
(define (forget-input)
  (unless (port-closed? stdin)
    (let loop ()
      (when (and (byte-ready? stdin) (not (eof-object? (read-byte stdin))))
        (loop)))
    (unsafe-file-descriptor->semaphore 0 'remove)))

;; A cell may have closed the ports.
(define (revive)
  (when (port-closed? stdout)
    (copy-descriptor 1 own-1)
    (set! stdout (output-to own-1 'stdout))
    (current-output-port stdout))
  (when (port-closed? stderr)
    (copy-descriptor 2 own-2)
    (set! stderr (output-to own-2 'stderr))
    (current-error-port stderr)))

(define (flush-streams)
  (flush-quietly (current-output-port))
  (flush-quietly stdout)
  (flush-quietly stderr))

(define (flush-quietly port)
  (with-handlers ([exn:fail? void])
    (unless (port-closed? port)
      (flush-output port))))

;; Says where among the text something stands that is shown by other means.
(define (mark)
  (flush-streams)
  (with-handlers ([exn:fail? void])
    (write-bytes #"\e_kernel-runner\e\\" stdout)
    (flush-output stdout)))

;; Racket flushes what goes to a terminal at each newline, which is right, in its order with
;; stderr, until a program writes a lot: such a one is flushed at each tick instead.
(define a-lot (* 8 1024)) ; bytes in a tick

(define written 0) ; bytes, at the last tick

(define (by-lines)
  (set-mode 'line)
  (set! written (position)))

(define (tick-streams)
  (flush-streams)
  (define now (position))
  (set-mode (if (> (- now written) a-lot) 'block 'line))
  (set! written now))

(define (set-mode mode)
  (unless (or (port-closed? stdout) (eq? (file-stream-buffer-mode stdout) mode))
    (file-stream-buffer-mode stdout mode)))

(define (position)
  (with-handlers ([exn:fail? (lambda (e) 0)])
    (file-position stdout)))
