export const Mark = () => (
  <svg
    width="20"
    height="20"
    viewBox="0 0 20 20"
    fill="none"
    stroke="currentColor"
    strokeWidth="2"
    strokeLinecap="round"
    aria-hidden="true"
  >
    <path d="M4 15V8.500M10 16.500V2.500M16 15V6" />
    <path d="M1.500 15.800C5 18.700 15 18.700 18.500 15.800" />
  </svg>
)
