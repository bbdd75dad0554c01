;; Makes a directory with a name of 60,000 bytes. Exits with the errno.
(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (memory.fill (i32.const 0) (i32.const 97) (i32.const 60000))
    (call $proc_exit (call $path_create_directory (i32.const 3) (i32.const 0) (i32.const 60000)))))
