;; Declares 4 GB of memory.
(module
  (memory (export "memory") 65536)
  (func (export "_start")))
