import { UserEntity } from './user.entity.ts'

export { UserEntity } from './user.entity.ts'
export const userEntities = [UserEntity] as const
