import { UserEntity } from './user.entity.ts'

export const userEntities = [UserEntity] as const
export { UserEntity, type UserRow } from './user.entity.ts'
export { hashPassword, verifyNothing, verifyPassword } from './password-hash.ts'
export {
  administratorHasPassword,
  changeCredentials,
  ensureAdministrator,
  findUser,
  findUserByEmail,
  forgetPassword,
} from './users.queries.ts'
export { presentUser } from './users.present.ts'
