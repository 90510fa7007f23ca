export { UserEntity } from './user.entity.ts'
