import type { Health } from '@holdfast/shared-types'
import { describe, expect, test } from 'vitest'
import { shownChecks } from './health-looks.ts'
import { sectionOf, sectionsFor } from './sections.ts'

describe('the checks of a hub', () => {
  const fine = { status: 'ok' as const, latencyMs: 1, code: null, params: {}, message: null, cure: null }
  test('begin with what wants a look', () => {
    const health: Health = {
      status: 'failing',
      checks: { database: 'ok', store: 'failing' },
      details: {
        version: '1',
        uptimeMs: 1,
        checks: { database: fine, logs: { ...fine, status: 'warning' }, store: { ...fine, status: 'failing' } },
      },
    }
    expect(shownChecks(health).map(({ name }) => name)).toEqual(['store', 'logs', 'database'])
  })
  test('are shown without details too, and by their own name where it is new', () => {
    expect(shownChecks({ status: 'failing', checks: { moon: 'failing', constructor: 'ok' as const } })).toEqual([
      { name: 'moon', label: null, status: 'failing', latencyMs: null, code: null, params: {}, message: null, cure: null },
      { name: 'constructor', label: null, status: 'ok', latencyMs: null, code: null, params: {}, message: null, cure: null },
    ])
  })
})

test('the system is for administrators, and an address that names nothing leads to the first section', () => {
  expect(sectionsFor(false)).not.toContain('system')
  expect(sectionsFor(true)).toContain('system')
  expect([sectionOf('about'), sectionOf('moon'), sectionOf(undefined)]).toEqual(['about', 'account', 'account'])
})
