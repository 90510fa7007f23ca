import type { NuxtUIOptions } from '@nuxt/ui/unplugin'

// The kit pales a button to 75 % under the pointer, which leaves its text 4:1 (measured with axe).
const solidButton = (color: 'primary' | 'error') => ({
  color,
  variant: 'solid' as const,
  class: color === 'primary' ? 'hover:bg-primary/90 active:bg-primary/85' : 'hover:bg-error/90 active:bg-error/85',
})
const dimmed = 'bg-neutral-950/30 dark:bg-neutral-950/70'

/** How the kit's parts differ here from what they are out of the box. */
export const kitTheme: NonNullable<NuxtUIOptions['ui']> = {
  colors: { primary: 'tide', neutral: 'mist', success: 'emerald', warning: 'amber', error: 'red' },
  button: { compoundVariants: [solidButton('primary'), solidButton('error')] },
  modal: { variants: { overlay: { true: { overlay: dimmed } } } },
  slideover: { variants: { overlay: { true: { overlay: dimmed } } } },
}
