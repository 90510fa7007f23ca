import { afterEach, expect, test } from 'vitest'
import { useText } from '../i18n/use-text.ts'
import { chooseLanguage } from '../i18n/text.ts'
import { describeHealth } from './describe-health.ts'

afterEach(() => chooseLanguage('en'))
const said = { status: 'warning' as const, latencyMs: null, params: {}, message: 'In English.', cure: 'Do it.' }

test('a condition is told in the reader’s language, with what it names', async () => {
  const detail = { ...said, code: 'certificate.expires-soon', params: { validToMs: Date.UTC(2026, 11, 1, 12) } }
  await chooseLanguage('de')
  expect(describeHealth(detail, useText())).toMatchObject({
    what: expect.stringMatching(/^Das Zertifikat läuft am .*2026.* ab\.$/) as string,
    detail: null,
  })
  expect(describeHealth({ ...said, code: 'log.nowhere', params: { problem: 'ENOSPC' } }, useText())?.what).toContain('(ENOSPC)')
})

test('a missing folder and a full disk are named, with what is left', () => {
  const missing = describeHealth({ ...said, code: 'store.not-mounted', params: { folder: '/srv/backup/x' } }, useText())
  expect(missing?.what).toContain('/srv/backup/x')
  const params = { folder: '/srv/backup', freeBytes: 300 * 1024 * 1024 }
  for (const code of ['disk.low', 'disk.full']) {
    const told = describeHealth({ ...said, code, params }, useText())
    expect(told?.what).toMatch(/\/srv\/backup .*300/)
    expect(told?.cure).not.toBe('')
  }
})

test('a vault from which nothing is removed is named', () => {
  const told = describeHealth({ ...said, code: 'tidying.stopped', params: { vault: 'Office', objects: 3 } }, useText())
  expect(told?.what).toMatch(/Office.*\(3\)/)
})

test('an error goes by its code, and what a newer hub says by its own words', async () => {
  await chooseLanguage('de')
  expect(describeHealth({ ...said, code: 'store.full' }, useText())).toMatchObject({
    what: 'Im Speicher ist kein Platz mehr.',
    detail: 'In English.',
  })
  expect(describeHealth({ ...said, code: 'moon.full' }, useText())).toMatchObject({ what: 'In English.', cure: 'Do it.' })
  expect(describeHealth({ ...said, code: null, message: null, cure: null }, useText())).toBeNull()
})
