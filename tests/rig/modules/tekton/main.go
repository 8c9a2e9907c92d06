// Tekton's own validation of the objects on stdin, which its CRDs alone hardly check.
//
// stdin is a JSON array of objects; stdout has a line for each: empty, or what Tekton refuses.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"knative.dev/pkg/apis"
	"sigs.k8s.io/yaml"
)

type object interface {
	apis.Defaultable
	apis.Validatable
}

func refusal(raw []byte) string {
	var head struct{ APIVersion, Kind string }
	if err := json.Unmarshal(raw, &head); err != nil {
		return err.Error()
	}
	types := map[string]object{"Pipeline": &v1.Pipeline{}, "PipelineRun": &v1.PipelineRun{}, "Task": &v1.Task{}, "TaskRun": &v1.TaskRun{}}
	found, known := types[head.Kind]
	if !known || head.APIVersion != "tekton.dev/v1" {
		return "not a kind of tekton.dev/v1: " + head.APIVersion + " " + head.Kind
	}
	if err := yaml.UnmarshalStrict(raw, found); err != nil {
		return err.Error()
	}
	found.SetDefaults(context.Background())
	if err := found.Validate(context.Background()); err != nil {
		return err.Error()
	}
	return ""
}

func main() {
	var objects []json.RawMessage
	decoder := json.NewDecoder(os.Stdin)
	if err := decoder.Decode(&objects); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var out bytes.Buffer
	for _, raw := range objects {
		fmt.Fprintln(&out, strings.ReplaceAll(refusal(raw), "\n", "; "))
	}
	os.Stdout.Write(out.Bytes())
}
