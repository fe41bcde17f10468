;; Rules on claims, and does not say how they are handled.
(func (export "gtm:program/adjudication@0.1.0#adjudicate") (param i32) (result i32) (i32.const 4096))
