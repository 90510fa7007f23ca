import {
  AppError,
  type Api,
  type BodyOfRoute,
  type OperationId,
  type ParamsOf,
  type QueryOf,
  type ResponseOf,
  type Run,
  type Topic,
} from '@holdfast/shared-types'
import type { LiveTopics } from '../live-topics.ts'
import type { World } from '../world.ts'

export interface Asked<K extends OperationId> {
  readonly params: ParamsOf<Api[K]>
  readonly query: QueryOf<Api[K]>
  readonly body: BodyOfRoute<Api[K]>
}
type Answer<K extends OperationId> = (asked: Asked<K>) => ResponseOf<Api[K]>
export type Answers = { readonly [K in OperationId]?: Answer<K> }

export interface AnswerParts {
  readonly world: World
  readonly seqOf: (topic: Topic) => number
  readonly signIn: (isIn: boolean) => void
  readonly onRun: (run: Run) => void
  readonly tell: LiveTopics['tell']
}

export const found = <T>(item: T | undefined, code: ConstructorParameters<typeof AppError>[0]): T => {
  if (item === undefined) throw new AppError(code)
  return item
}
