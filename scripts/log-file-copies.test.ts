import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('hub and agent keep their logs by the same code, byte for byte', () => {
  const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  expect(text('../agent/src/logging/log-file.ts')).toBe(text('../hub/src/platform/logging/log-file.ts'))
})
