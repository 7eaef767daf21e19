"""judge.py RESULTS EXPECTED: every check passes, but for those of services that are not built yet."""
import json
import sys

results = json.load(open(sys.argv[1]))
expected = [line.strip() for line in open(sys.argv[2]) if line.strip() and not line.startswith("#")]
excused = lambda name: any(name.startswith(prefix) for prefix in expected)
failed = [r for r in results if r["status"] != "PASS"]
wrong = [r for r in failed if not excused(r["name"])]
for r in wrong:
    print(f"FAIL [{r['kind']}] {r['name']}  -- {r['why']}")
passed = len(results) - len(failed)
print(f"{passed} of {len(results)} checks pass, {len(failed) - len(wrong)} are of services not built yet")
print(f"{passed} passed, {len(wrong)} failed")
sys.exit(1 if wrong or not results else 0)
