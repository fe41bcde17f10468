;; Works out the rate with a float.
(func $share (param f64) (result f64) (f64.mul (local.get 0) (f64.const 0.01)))
