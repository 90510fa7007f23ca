// Runs before the first paint, in a file of its own because the page's policy allows no inline script:
// a dark console must not flash white, nor one of high contrast pale. The keys are those of src/ui/appearance.ts.
;(function () {
  function kept(key) {
    try {
      return localStorage.getItem('holdfast.' + key)
    } catch (blocked) {
      // Storage may be forbidden: then the system's choice counts.
      return null
    }
  }
  var chosen = kept('appearance')
  var contrast = kept('contrast')
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  var more = contrast === 'more' || (contrast !== 'standard' && matchMedia('(prefers-contrast: more)').matches)
  document.documentElement.classList.add(dark ? 'dark' : 'light')
  document.documentElement.classList.toggle('high-contrast', more)
})()
