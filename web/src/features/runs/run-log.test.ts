import type { RunId } from '@holdfast/shared-types'
import { afterEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { aLogLine } from '../../testing/world.ts'
import { useRunLog } from './run-log.ts'

afterEach(() => void vi.unstubAllGlobals())

test('lines that come while the tab has no frames are not heaped up', () => {
  let paint = (): void => undefined
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    paint = callback
    return 1
  })
  vi.stubGlobal('cancelAnimationFrame', () => (paint = () => undefined))
  const scope = effectScope()
  const log = scope.run(() => useRunLog('run' as RunId, new AbortController().signal))
  for (let seq = 1; seq <= 12_000; seq += 1) log?.take(aLogLine(seq))
  expect(log?.lines.value).toHaveLength(10_000)
  paint()
  expect(log?.lines.value.map(({ seq }) => seq)).toEqual(Array.from({ length: 12_000 }, (_, index) => index + 1))
  scope.stop()
})
