import { expect, test } from 'vitest'
import { systemText } from './system-looks.ts'

test.each([
  ['linux', 'Linux 6.1.0-28-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)', 'Linux 6.1.0-28-amd64'],
  ['windows', 'Windows_NT 10.0.22631 Windows 11 Pro', 'Windows 11 Pro (10.0.22631)'],
  ['macos', 'Darwin 24.6.0 Darwin Kernel Version 24.6.0: Mon Jul 14 11:30:30 PDT 2025; root:xnu', 'macOS (Darwin 24.6.0)'],
  ['linux', 'Debian GNU/Linux 12 (bookworm)', 'Debian GNU/Linux 12 (bookworm)'],
  ['macos', '15.6', 'macOS 15.6'],
  ['windows', '', 'Windows'],
] as const)('a system goes by its name, not by how its kernel was built: %s %s', (os, osVersion, shown) =>
  expect(systemText({ os, osVersion })).toBe(shown),
)
