import { afterEach, expect, test } from 'vitest'
import { chooseLanguage } from '../i18n/text.ts'
import { ApiError } from './api-error.ts'
import { describeCoded, describeError } from './describe-error.ts'

afterEach(() => chooseLanguage('en'))

test('a known code is told in the reader’s language', async () => {
  await chooseLanguage('de')
  const told = describeError(
    new ApiError({ code: 'store.full', message: 'The object store has no space left.', cure: 'Free space.', requestId: 'req-7' }),
  )
  expect(told).toEqual({
    what: 'Im Speicher ist kein Platz mehr.',
    cure: 'Schaffen Sie Platz. Backups, die darauf warten, machen von selbst weiter; gescheiterte starten Sie erneut.',
    detail: null,
    code: 'store.full',
    requestId: null,
  })
})

test('what the hub says beyond its registry is shown too', () => {
  const told = describeCoded({ code: 'source.not-found', message: '/srv/data does not exist.', cure: 'Check the path.' })
  expect(told.what).toBe('A source does not exist on the device.')
  expect(told.detail).toBe('/srv/data does not exist.')
})

test('a sentence that only goes on from the known one is said once', async () => {
  const error = { code: 'run.nothing-to-back-up', message: 'None of the sources could be read: /srv does not exist.', cure: '' }
  expect(describeCoded(error)).toMatchObject({ what: error.message, detail: null })
  await chooseLanguage('de')
  expect(describeCoded(error)).toMatchObject({ what: 'Keine der Quellen ließ sich lesen.', detail: error.message })
})

test('a mistake of the hub names the request, for who looks into it', () => {
  const error = { message: 'Holdfast made a mistake.', cure: 'Report it.', requestId: 'req-7' }
  expect(describeError(new ApiError({ code: 'internal', ...error })).requestId).toBe('req-7')
  expect(describeError(new ApiError({ code: 'run.not-found', ...error })).requestId).toBeNull()
})

test('a code of a newer hub is told in the hub’s words', () => {
  expect(describeCoded({ code: 'moon.full', message: 'The moon is full.', cure: 'Wait.' })).toMatchObject({
    what: 'The moon is full.',
    cure: 'Wait.',
    detail: null,
  })
})

test('what is no answer of the hub is a mistake of the console', () => {
  expect(describeError(new TypeError('x is not a function'))).toMatchObject({
    what: 'The console made a mistake.',
    detail: 'x is not a function',
  })
  expect(describeError('odd')).toMatchObject({ detail: null, code: 'console' })
})
