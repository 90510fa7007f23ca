import { toWireError, type AppError, type ConnectionTest } from '@holdfast/shared-types'
import { asAppError } from './as-app-error.ts'

type Step = ConnectionTest['steps'][number]

/** The steps of a test, timed, up to the first one that fails. */
export class ConnectionSteps {
  readonly steps: Step[] = []
  readonly #explain: (error: unknown) => AppError

  constructor(explain: (error: unknown) => AppError = asAppError) {
    this.#explain = explain
  }

  get ok(): boolean {
    return this.steps.every((step) => step.ok)
  }

  /** Does nothing after a step that failed. @returns what the work returned; undefined where it did not get to it */
  async run<T>(name: Step['name'], work: () => Promise<T>): Promise<T | undefined> {
    if (!this.ok) return undefined
    const startedAtMs = performance.now()
    const durationMs = (): number => Math.round((performance.now() - startedAtMs) * 100) / 100
    try {
      const result = await work()
      this.steps.push({ name, ok: true, durationMs: durationMs(), error: null })
      return result
    } catch (error) {
      this.steps.push({ name, ok: false, durationMs: durationMs(), error: toWireError(this.#explain(error)) })
      return undefined
    }
  }
}
