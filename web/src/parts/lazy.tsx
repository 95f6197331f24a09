import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Bones } from './bones';
import { Problem } from './problem';

type Load = () => Promise<{ default: ComponentType }>;

/** A page whose code comes when it is first opened. */
export function lazy(load: Load): ComponentType {
	let Page: ComponentType | undefined;
	return function Lazy() {
		const [error, setError] = useState<unknown>();
		const [, ready] = useState(!!Page);
		const fetchIt = () => {
			setError(undefined);
			load().then((m) => {
				Page = m.default;
				ready(true);
			}, setError);
		};
		useEffect(() => {
			if (!Page) fetchIt();
		}, []);
		if (Page) return <Page />;
		return error ? <Problem error={error} onRetry={fetchIt} /> : <Bones />;
	};
}
