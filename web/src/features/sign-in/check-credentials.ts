import type { MessageKey } from '../../platform/i18n/text.ts'

/** The contract's least length of a password (`setCredentials`). */
export const leastPasswordLength = 10

export interface CredentialsForm {
  name: string
  email: string
  currentPassword: string
  password: string
  repeated: string
}

export interface FieldMistake {
  readonly name: keyof CredentialsForm
  readonly text: MessageKey
}

type Identity = Pick<CredentialsForm, 'name' | 'email' | 'currentPassword'>
type NewPassword = Pick<CredentialsForm, 'currentPassword' | 'password' | 'repeated'>

/** What a person should correct before the hub is asked. The hub decides; this only saves a round. */
export function checkCredentials(form: CredentialsForm, needsCurrent: boolean): FieldMistake[] {
  return [...checkIdentity(form, needsCurrent), ...checkNewPassword(form, false)]
}

/** The same for name and address alone. */
export function checkIdentity(form: Identity, needsCurrent: boolean): FieldMistake[] {
  const mistakes: FieldMistake[] = []
  if (form.name.trim() === '') mistakes.push({ name: 'name', text: 'signIn.mistake.name' })
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(form.email.trim())) mistakes.push({ name: 'email', text: 'signIn.mistake.email' })
  if (needsCurrent && form.currentPassword === '') mistakes.push({ name: 'currentPassword', text: 'signIn.mistake.currentPassword' })
  return mistakes
}

/** The same for a new password alone. */
export function checkNewPassword(form: NewPassword, needsCurrent: boolean): FieldMistake[] {
  const mistakes: FieldMistake[] = []
  if (needsCurrent && form.currentPassword === '') mistakes.push({ name: 'currentPassword', text: 'signIn.mistake.currentPassword' })
  if (form.password.length < leastPasswordLength) mistakes.push({ name: 'password', text: 'signIn.mistake.password' })
  if (form.repeated !== form.password) mistakes.push({ name: 'repeated', text: 'signIn.mistake.repeated' })
  return mistakes
}
