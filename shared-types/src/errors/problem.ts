import { z } from 'zod'
import { AppError } from './app-error.ts'
import { errorFacts, isErrorCode } from './error-facts.ts'

const ErrorCodeSchema = z.string().refine(isErrorCode, 'a code of the error registry')

/** RFC 9457 problem details: the body of every HTTP answer that is not a success. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable code of the error registry'),
    cure: z.string().describe('What to do next'),
    requestId: z.string().optional(),
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

/** The same on a socket and in the command line's JSON. */
export const WireError = z.object({ code: ErrorCodeSchema, message: z.string(), cure: z.string() })
export type WireError = z.infer<typeof WireError>

export function toProblem(error: AppError, requestId?: string): Problem {
  const facts = errorFacts(error.code)
  return {
    type: `/api/docs#${error.code}`,
    title: facts.title,
    status: facts.status,
    detail: error.message,
    code: error.code,
    cure: error.cure,
    ...(requestId === undefined ? {} : { requestId }),
  }
}

/** An error from a problem; a code that this side does not know yet becomes `internal` with the text kept. */
export function fromProblem(problem: Problem): AppError {
  const code = isErrorCode(problem.code) ? problem.code : 'internal'
  return new AppError(code, { message: problem.detail, cure: problem.cure, context: { remoteCode: problem.code } })
}
