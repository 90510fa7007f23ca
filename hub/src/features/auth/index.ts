import { FailedSignInEntity, SignInEntity, SignInLinkEntity, SignInPlaceEntity } from './sign-in.entity.ts'

export const authEntities = [SignInEntity, SignInLinkEntity, FailedSignInEntity, SignInPlaceEntity] as const
export { createAuth, signInAddress, type Auth } from './create-auth.ts'
export { addSignInLink } from './sign-in-with-link.ts'
export { deleteAllOf as deleteSignInsOf, deleteLinks, lastSeenByUser } from './sign-ins.queries.ts'
