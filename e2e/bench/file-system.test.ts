import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fileSystemOf } from './file-system.ts'

// The one mount of a known kind that every Linux has, and other systems have not.
test.runIf(existsSync('/dev/shm'))('a file system is named by what the kernel says of it', () => {
  expect(fileSystemOf('/dev/shm')).toBe('tmpfs')
  // Of procfs no bench will have its stores; what is not known is still told apart.
  expect(fileSystemOf('/proc')).toBe('a file system of type 0x9fa0')
})
