import { SignInEntity, SignInLinkEntity } from './sign-in.entity.ts'

export const authEntities = [SignInEntity, SignInLinkEntity] as const
export { createAuth, type Auth } from './create-auth.ts'
