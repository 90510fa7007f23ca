import { AppError, type Problem } from '@holdfast/shared-types'
import type { z } from 'zod'
import { storableJson } from '../database/storable.ts'

/** `request.invalid` with the fields that do not fit, each by its place in the request. */
export class RequestInvalid extends AppError {
  readonly fields: NonNullable<Problem['fields']>
  constructor(fields: NonNullable<Problem['fields']>, cause?: unknown) {
    const first = fields[0]
    super('request.invalid', { message: first === undefined ? undefined : `${first.path}: ${first.message}`, cause })
    this.name = 'RequestInvalid'
    this.fields = fields
  }
}

// 20: enough to mend a form; a body of wrong items must not make an answer larger than itself.
const maxFields = 20

/** Checks one part of a request by its schema. What no database keeps is replaced here, once for all calls. @throws RequestInvalid */
export function parsePart<S extends z.ZodType>(part: 'params' | 'query' | 'body', schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return storableJson(parsed.data)
  throw new RequestInvalid(
    parsed.error.issues.slice(0, maxFields).map((issue) => ({ path: [part, ...issue.path].join('.'), message: issue.message })),
  )
}
