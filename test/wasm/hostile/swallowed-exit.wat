;; Catches all exceptions of the host around an exit with 5, and then exits with 6.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (try (do (call $proc_exit (i32.const 5))) (catch_all))
    (call $proc_exit (i32.const 6))))
