import { RunEntity, RunEventEntity, RunLogEntity } from './run.entity.ts'

export const runEntities = [RunEntity, RunEventEntity, RunLogEntity] as const
