import { UserEntity } from './user.entity.ts'

export const userEntities = [UserEntity] as const
export { UserEntity, type UserRow } from './user.entity.ts'
export { hashPassword, verifyNothing, verifyPassword } from './password-hash.ts'
export {
  administratorHasPassword,
  changeCredentials,
  changeUser,
  deleteUser,
  ensureAdministrator,
  findUser,
  findUserByEmail,
  findUserLocked,
  forgetPassword,
  insertUser,
  listUserRows,
  lockLivingAdmins,
  lockUser,
  normaliseEmail,
} from './users.queries.ts'
export { presentAccount, presentUser } from './users.present.ts'
