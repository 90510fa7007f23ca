import type { Feature } from '../../platform/http/define-feature.ts'
import { lastSeenByUser } from '../auth/index.ts'
import { listUserRows, presentAccount } from '../users/index.ts'
import { disableUser, enableUser, removeUser } from './close-user.ts'
import { createLink } from './create-link.ts'
import { createUser } from './create-user.ts'
import type { PeopleDeps } from './people-deps.ts'
import { proveForAdmin } from './prove-for-admin.ts'
import { changesAdmins, updateUser } from './update-user.ts'

export const createPeople = (deps: PeopleDeps): Feature => ({
  name: 'people',
  routes: {
    listUsers: async ({ em }) => {
      const [users, lastSeen] = [await listUserRows(em), await lastSeenByUser(em, deps.now())]
      return { items: users.map((user) => presentAccount(user, lastSeen.get(user.id) ?? null)) }
    },
    createUser: async ({ actor, ctx: { address }, body: { currentPassword, ...wanted } }) => {
      if (wanted.role === 'admin') await proveForAdmin(deps, { actor, address, currentPassword })
      return createUser(deps, wanted)
    },
    updateUser: async ({ actor, ctx: { address }, params, body: { currentPassword, ...wanted } }) => {
      if (await changesAdmins(deps, params.userId, wanted)) await proveForAdmin(deps, { actor, address, currentPassword })
      return updateUser(deps, params.userId, wanted)
    },
    disableUser: ({ params }) => disableUser(deps, params.userId),
    enableUser: ({ params }) => enableUser(deps, params.userId),
    removeUser: async ({ params }) => {
      await removeUser(deps, params.userId)
      return {}
    },
    createSignInLink: ({ actor, ctx: { address }, params: { userId }, body: { currentPassword } }) =>
      createLink(deps, userId, { actor, address, currentPassword }),
  },
})
