import { readonly, ref, watchEffect } from 'vue'
import { forgetSetting, keepSetting, readKeptSetting } from '../platform/browser/kept-setting.ts'

export const appearances = ['system', 'light', 'dark'] as const
export type Appearance = (typeof appearances)[number]
/** `more`: text of 7:1 and more, and borders that are seen. */
export const contrasts = ['system', 'standard', 'more'] as const
export type Contrast = (typeof contrasts)[number]

// public/first-paint.js reads the same keys before anything is painted.
const appearanceKey = 'appearance'
const contrastKey = 'contrast'

const oneOf = <T extends string>(choices: readonly T[], kept: string | null, otherwise: T): T =>
  choices.find((choice) => choice === kept) ?? otherwise

const chosen = ref<Appearance>(oneOf(appearances, readKeptSetting(appearanceKey), 'system'))
const chosenContrast = ref<Contrast>(oneOf(contrasts, readKeptSetting(contrastKey), 'system'))

export const appearance = readonly(chosen)
export const contrast = readonly(chosenContrast)

function keep(key: string, choice: string): void {
  if (choice === 'system') forgetSetting(key)
  else keepSetting(key, choice)
}

export function chooseAppearance(next: Appearance): void {
  chosen.value = next
  keep(appearanceKey, next)
}

export function chooseContrast(next: Contrast): void {
  chosenContrast.value = next
  keep(contrastKey, next)
}

function followSystem(query: string) {
  const system = window.matchMedia(query)
  const holds = ref(system.matches)
  system.addEventListener('change', () => (holds.value = system.matches))
  return holds
}

/** Follows the choices and the system's from now on. Call once. */
export function startAppearance(): void {
  const systemIsDark = followSystem('(prefers-color-scheme: dark)')
  const systemWantsContrast = followSystem('(prefers-contrast: more)')
  const classes = document.documentElement.classList
  watchEffect(() => {
    const isDark = chosen.value === 'dark' || (chosen.value === 'system' && systemIsDark.value)
    classes.toggle('dark', isDark)
    classes.toggle('light', !isDark)
  })
  watchEffect(() => {
    classes.toggle('high-contrast', chosenContrast.value === 'more' || (chosenContrast.value === 'system' && systemWantsContrast.value))
  })
}
