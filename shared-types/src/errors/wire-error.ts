import { AppError } from './app-error.ts'
import type { ErrorCode } from './error-registry.ts'

/** An error as it crosses a process. */
export interface ErrorOnWire {
  readonly code: ErrorCode
  readonly message: string
  readonly cure: string
}

export const toWireError = ({ code, message, cure }: AppError): { code: ErrorCode; message: string; cure: string } => ({
  code,
  message,
  cure,
})
export const fromWireError = ({ code, message, cure }: ErrorOnWire): AppError => new AppError(code, { message, cure })
