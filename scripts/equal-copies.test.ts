import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test.each([
  ['keep their logs by the same code', 'hub/src/platform/logging/log-file.ts', 'agent/src/logging/log-file.ts'],
  ['are tested with the same authority', 'hub/test/own-authority.ts', 'agent/test/own-authority.ts'],
])('hub and agent %s, byte for byte', (_, ofHub, ofAgent) => {
  expect(text(ofAgent)).toBe(text(ofHub))
})
