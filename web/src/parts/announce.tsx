// The one polite live region: changes of state in words, never numbers.
import { useEffect, useState } from 'preact/hooks';

let say: (text: string) => void = () => {};

export function announce(text: string): void {
	say(text);
}

export function Announcer() {
	const [text, setText] = useState('');
	useEffect(() => {
		say = setText;
		return () => {
			say = () => {};
		};
	}, []);
	return (
		<div class="vh" role="status" aria-live="polite">
			{text}
		</div>
	);
}
