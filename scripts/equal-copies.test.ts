import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const text = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test.each([
  ['keep their logs by the same code', 'hub/src/platform/logging/log-file.ts', 'agent/src/logging/log-file.ts'],
  [
    'know a living process across containers by the same code',
    'hub/src/platform/lifecycle/lock-witness.ts',
    'agent/src/state/lock-witness.ts',
  ],
  ['look after their output by the same code', 'hub/src/cli/watch-output.ts', 'agent/src/cli/watch-output.ts'],
  ['are tested with the same authority', 'hub/test/own-authority.ts', 'agent/test/own-authority.ts'],
])('hub and agent %s, byte for byte', (_, ofHub, ofAgent) => {
  expect(text(ofAgent)).toBe(text(ofHub))
})
