;; Logs the same line without end.
(func $finish (result i32)
  (loop $again (call $write (i32.const 0) (i32.const 3072) (i32.const 6)) (br $again))
  unreachable)
