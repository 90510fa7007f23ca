import type { MessageKey } from '../../platform/i18n/text.ts'

export const sections = ['account', 'appearance', 'system', 'about'] as const
export type Section = (typeof sections)[number]

export const sectionLooks: { readonly [S in Section]: { readonly icon: string; readonly label: MessageKey } } = {
  account: { icon: 'i-lucide-user', label: 'settings.section.account' },
  appearance: { icon: 'i-lucide-palette', label: 'settings.section.appearance' },
  system: { icon: 'i-lucide-heart-pulse', label: 'settings.section.system' },
  about: { icon: 'i-lucide-badge-info', label: 'settings.section.about' },
}

/** What this person may look at. */
export const sectionsFor = (mayAdminister: boolean): readonly Section[] =>
  sections.filter((section) => section !== 'system' || mayAdminister)

/** The section that an address asks for, or the first one. */
export const sectionOf = (param: unknown): Section => sections.find((section) => section === param) ?? 'account'
