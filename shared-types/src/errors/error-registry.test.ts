import { describe, expect, test } from 'vitest'
import { AppError } from './app-error.ts'
import { categorySpecs } from './error-category.ts'
import { errorFacts, isErrorCode } from './error-facts.ts'
import { errorRegistry, type ErrorCode } from './error-registry.ts'
import { fromProblem, Problem, toProblem, WireError } from './problem.ts'
import { fromWireError, toWireError } from './wire-error.ts'

const codes = Object.keys(errorRegistry) as ErrorCode[]

describe('the error registry', () => {
  test.each(codes)('%s has a name, a sentence and a cure', (code) => {
    const { title, cure, status, exit } = errorFacts(code)
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$/)
    expect(title).toMatch(/^[A-Z].*\.$/)
    expect(cure).toMatch(/^(See `--help`|[A-Z].*)\.$/)
    expect(title).not.toBe(cure)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(exit).toBeGreaterThan(0)
  })

  test('gives every category an HTTP status of an error', () => {
    for (const spec of Object.values(categorySpecs)) expect(spec.status >= 400 && spec.status < 600).toBe(true)
  })

  test('has the exit statuses that scripts key on', () => {
    const exits = {
      'vault.wrong-key': 12,
      'vault.corrupt': 20,
      'snapshot.not-found': 4,
      'hub.unreachable': 11,
      'run.cancelled': 130,
      'command.invalid': 2,
      internal: 1,
    } as const
    for (const [code, exit] of Object.entries(exits)) expect([code, errorFacts(code as ErrorCode).exit]).toEqual([code, exit])
  })

  test('does not take inherited names for codes', () => {
    for (const name of ['toString', 'constructor', '__proto__', '']) expect(isErrorCode(name)).toBe(false)
  })
})

describe('an error on its way', () => {
  const error = new AppError('store.full', { message: 'Only 3 MiB are left.', context: { freeBytes: 3 } })

  test('crosses HTTP as problem details and comes back as itself', () => {
    const problem = Problem.parse(toProblem(error, 'r-1'))
    expect(problem).toMatchObject({
      type: '/api/docs#store.full',
      status: 507,
      title: 'The object store has no space left.',
      detail: 'Only 3 MiB are left.',
      requestId: 'r-1',
    })
    expect(fromProblem(problem)).toMatchObject({ code: 'store.full', message: 'Only 3 MiB are left.', cure: error.cure })
  })

  test('of a newer hub keeps its words', () => {
    const back = fromProblem({ ...toProblem(error), code: 'store.on-fire' })
    expect(back).toMatchObject({ code: 'internal', message: 'Only 3 MiB are left.', context: { remoteCode: 'store.on-fire' } })
  })

  test('crosses a socket and comes back as itself', () => {
    expect(fromWireError(WireError.parse(toWireError(error)))).toMatchObject({
      code: 'store.full',
      message: error.message,
      cure: error.cure,
    })
    expect(WireError.safeParse({ ...toWireError(error), code: 'store.on-fire' }).success).toBe(false)
  })

  test('carries its cause, and nothing of its context in the text', () => {
    const cause = new Error('ENOSPC')
    const wrapped = new AppError('store.full', { cause, context: { freeBytes: 3 } })
    expect([wrapped.cause, wrapped.name, JSON.stringify(toProblem(wrapped)).includes('freeBytes')]).toEqual([cause, 'AppError', false])
  })
})
