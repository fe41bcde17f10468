;; Rules on the first line alone.
;; Claims run from `expense` to `payable`.
(data (i32.const 1100) (i8 1))
(data (i32.const 1104) (i32 1360 17  0 0 0  0 0  3088 7  0 0 0  3104 7  0 0 0))
(data (i32.const 4096) (i32 0 0  4128 1  0 0))
(data (i32.const 4128) (i32 1 0) (i64 100000000 0) (i32 0 0  0 0))
(func (export "gtm:program/adjudication@0.1.0#adjudicate") (param i32) (result i32) (i32.const 4096))
