using Amazon.Lambda.Core;
using Amazon.Lambda.Serialization.SystemTextJson;

// How events and results are read and written: names begin with a small letter in JSON.
[assembly: LambdaSerializer(typeof(CamelCaseLambdaJsonSerializer))]
