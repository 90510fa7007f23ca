import type { Account } from '@holdfast/shared-types'
import { compareNames } from '../../platform/i18n/compare-names.ts'

export const roles = ['viewer', 'operator', 'admin'] as const satisfies readonly Account['role'][]

/** `invited`: nobody has chosen a password, so only a sign-in link opens the account. */
export type PersonState = 'active' | 'invited' | 'disabled'

export const personState = ({ disabledAtMs, hasPassword }: Pick<Account, 'disabledAtMs' | 'hasPassword'>): PersonState =>
  disabledAtMs !== null ? 'disabled' : hasPassword ? 'active' : 'invited'

export const stateIcons: { readonly [S in PersonState]: string } = {
  active: 'i-lucide-circle-check',
  invited: 'i-lucide-mail',
  disabled: 'i-lucide-ban',
}

/** Accounts whose name or address holds the text, whatever its case; by name, those who may come in first. */
export function listedPeople(people: readonly Account[], text: string): Account[] {
  const wanted = text.trim().toLocaleLowerCase()
  return people
    .filter(({ name, email }) => `${name}\n${email ?? ''}`.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => Number(a.disabledAtMs !== null) - Number(b.disabledAtMs !== null) || compareNames(a.name, b.name))
}

/** What can be done to an account, in the order of the menu; each asks first. */
export type PersonOrder = 'link' | 'disable' | 'enable' | 'remove'

export const ordersFor = ({ disabledAtMs }: Pick<Account, 'disabledAtMs'>): readonly PersonOrder[] =>
  disabledAtMs === null ? ['link', 'disable', 'remove'] : ['enable', 'remove']

export const orderIcons: { readonly [O in PersonOrder]: string } = {
  link: 'i-lucide-link',
  disable: 'i-lucide-ban',
  enable: 'i-lucide-circle-check',
  remove: 'i-lucide-trash-2',
}

/** Only what is different, as the hub is to change nothing else; null: nothing is. */
export function changesOf(
  person: Pick<Account, 'name' | 'email' | 'role'>,
  form: { readonly name: string; readonly email: string; readonly role: Account['role'] },
): { name?: string; email?: string; role?: Account['role'] } | null {
  const name = form.name.trim()
  const email = form.email.trim()
  const changes = {
    ...(name === person.name ? {} : { name }),
    ...(email === (person.email ?? '') ? {} : { email }),
    ...(form.role === person.role ? {} : { role: form.role }),
  }
  return Object.keys(changes).length === 0 ? null : changes
}
