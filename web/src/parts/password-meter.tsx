const STEPS = 4;

/** Length counts most; a hint only, the words are in the help below the field. */
function strength(password: string): number {
	const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w]/].filter((r) => r.test(password)).length;
	const points = password.length + kinds * 2;
	return password.length < 10 ? (password ? 1 : 0) : points < 16 ? 2 : points < 22 ? 3 : 4;
}

export function PasswordMeter({ password }: { password: string }) {
	const n = strength(password);
	return (
		<div class="meter" aria-hidden="true">
			{Array.from({ length: STEPS }, (_, i) => (
				<i key={i} class={i < n ? 'on' : undefined} />
			))}
		</div>
	);
}
