import { textOf, type MessageKey } from '../i18n/text.ts'
import { errorTextCodes, type ErrorTextCode } from './error-texts.ts'
import { ApiError } from './api-error.ts'

/** An error in the reader's language: what happened, what to do, and what the hub said beyond that. */
export interface ErrorDescription {
  readonly what: string
  readonly cure: string
  /** The hub's own words where they say more than `what`. */
  readonly detail: string | null
  readonly code: string
  readonly requestId: string | null
}

interface CodedError {
  readonly code: string
  readonly message: string
  readonly cure: string
}

const isTranslated = (code: string): code is ErrorTextCode => (errorTextCodes as readonly string[]).includes(code)

/** Explains an error that carries a code of the registry: translated where the code is known, else in the sender's words. */
export function describeCoded({ code, message, cure }: CodedError, requestId: string | null = null): ErrorDescription {
  if (!isTranslated(code)) return { what: message, cure, detail: null, code, requestId }
  const key = (part: 'what' | 'cure') => `errors.${code}.${part}` as MessageKey
  const what = textOf(key('what'))
  const cured = { cure: textOf(key('cure')), code, requestId }
  const plain = textOf(key('what'), {}, 'en')
  if (message === '' || message === plain) return { what, detail: null, ...cured }
  // Where the hub's sentence only goes on from the known one, saying both would say it twice.
  if (what === plain && message.startsWith(plain.replace(/\.$/, ''))) return { what: message, detail: null, ...cured }
  return { what, detail: message, ...cured }
}

/** Explains whatever was thrown. What is not an answer of the hub is a mistake of this console. */
export function describeError(error: unknown): ErrorDescription {
  // Whoever looks into a mistake of the hub needs the request's id; for everything else it is noise.
  if (error instanceof ApiError) return describeCoded(error, error.code === 'internal' ? (error.requestId ?? null) : null)
  const detail = error instanceof Error ? error.message : null
  return { what: textOf('errors.console.what'), cure: textOf('errors.console.cure'), detail, code: 'console', requestId: null }
}
