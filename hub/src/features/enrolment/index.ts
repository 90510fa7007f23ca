import { EnrolmentTokenEntity } from './enrolment-token.entity.ts'

export const enrolmentEntities = [EnrolmentTokenEntity] as const
export { createEnrolment } from './create-enrolment.ts'
