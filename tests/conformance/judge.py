"""judge.py RESULTS: every check passes, or this fails and says which do not."""
import json
import sys

results = json.load(open(sys.argv[1]))
failed = [result for result in results if result["status"] != "PASS"]
for result in failed:
    print(f"FAIL [{result['kind']}] {result['name']}  -- {result['why']}")
print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
sys.exit(1 if failed or not results else 0)
